import type { Compilable, CompiledQuery } from 'kysely';
import type { Session } from './session.ts';

/** Stands in a statement for a value that is given later. */
type Slot = string & { readonly number: number };

/**
 * A statement whose text never changes: it is built once for each kind of database, and from then on only given its
 * values. Building costs several times what SQLite takes to answer a look-up.
 *
 * @example
 * const byId = fixedStatement((session, id) => rows(session).where('id', '=', id));
 * const [row] = await byId(session, [id]);
 */
export function fixedStatement<Row, Slots extends readonly Slot[]>(
  build: (session: Session, ...slots: Slots) => Compilable<Row>,
): (session: Session, values: { readonly [Index in keyof Slots]: string }) => Promise<Row[]> {
  const built = new Map<Session['kind'], CompiledQuery<Row>>();
  const slots = Array.from({ length: build.length - 1 }, (_, number) => ({ number })) as unknown as Slots;
  return async (session, values) => {
    const statement = built.get(session.kind) ?? build(session, ...slots).compile();
    built.set(session.kind, statement);
    const parameters = statement.parameters.map((parameter) => {
      const at = slots.indexOf(parameter as Slot);
      return at < 0 ? parameter : values[at];
    });
    return (await session.db.executeQuery<Row>({ ...statement, parameters })).rows;
  };
}
