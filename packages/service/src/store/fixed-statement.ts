import type { Compilable, CompiledQuery, QueryResult } from 'kysely';
import type { Session, TransactionSession } from './session.ts';

/** Texts of longer lists are not kept: there are as many of them as lengths, and building them is the lesser part. */
const keptValues = 128;

/** A statement that is built once. */
export interface FixedStatement<Values extends readonly unknown[], Row> {
  (session: Session, ...values: Values): Promise<QueryResult<Row>>;
  /** The same in a transaction that does not need its answer. */
  send(session: TransactionSession, ...values: Values): void;
}

/**
 * A statement whose text depends on nothing but the shape of its values: which members they have, and how long their
 * lists are. It is built once for each shape and kind of database, and from then on only given its values; building
 * costs several times what SQLite takes to answer. What decides anything about the text while it is built must be no
 * value: it is given a stand-in for each.
 *
 * @example
 * const byId = fixedStatement((session, id: string) => rows(session).where('id', '=', id));
 * const [row] = (await byId(session, id)).rows;
 */
export function fixedStatement<Values extends readonly unknown[], Row>(
  build: (session: Session, ...values: Values) => Compilable<Row>,
): FixedStatement<Values, Row> {
  const built = new Map<string, CompiledQuery<Row>>();
  const filled = (session: Session, values: Values): CompiledQuery<Row> => {
    const leaves: unknown[] = [];
    const shape = `${session.kind}${shapeOf(values, leaves)}`;
    const statement =
      built.get(shape) ?? build(session, ...(standIn(values, { next: 0 }) as Values)).compile();
    if (leaves.length <= keptValues) built.set(shape, statement);
    const parameters = statement.parameters.map((parameter) =>
      parameter instanceof Slot ? leaves[parameter.number] : parameter,
    );
    return { ...statement, parameters };
  };
  return Object.assign((session: Session, ...values: Values) => session.execute(filled(session, values)), {
    send: (session: TransactionSession, ...values: Values) => session.send(filled(session, values)),
  });
}

/** Stands in a statement for a value that is given later. */
class Slot {
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }
}

/** The shape of a value as a text; adds what the value holds in the order of its slots. */
function shapeOf(value: unknown, leaves: unknown[]): string {
  if (Array.isArray(value)) return `[${value.map((item) => shapeOf(item, leaves)).join()}]`;
  if (value === null || typeof value !== 'object') {
    leaves.push(value);
    return '?';
  }
  let shape = '{';
  for (const name in value) {
    const member = (value as Readonly<Record<string, unknown>>)[name];
    if (member !== undefined) shape += name + shapeOf(member, leaves);
  }
  return `${shape}}`;
}

/** The same shape with slots instead of what it holds. */
function standIn(value: unknown, slots: { next: number }): unknown {
  if (Array.isArray(value)) return value.map((item) => standIn(item, slots));
  if (value === null || typeof value !== 'object') {
    slots.next += 1;
    return new Slot(slots.next - 1);
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, standIn(member, slots)]));
}
