import { DriverError } from '@cyborgjs/driver-sdk';
import sax from 'sax';

/** An element with its own text and the elements in it, in order. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Without white space around it. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** Limits of a document that is still taken for one: well beyond what a tool prints, far below what hurts. */
const limits = { characters: 16 * 2 ** 20, depth: 32, elements: 200_000 };

interface OpenElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
  readonly children: XmlElement[];
}

/**
 * Reads a well-formed XML document to its root element. Document types are not read, so that nothing in them can be
 * expanded.
 *
 * @throws `hardware` for a text that is no such document, or beyond all measure
 */
export function parseXml(text: string): XmlElement {
  if (text.length > limits.characters) throw notXml(`it has ${text.length} characters`);
  const parser = sax.parser(true, { trim: true, position: false });
  const root: OpenElement = { name: '', attributes: {}, text: '', children: [] };
  const open: OpenElement[] = [root];
  let elements = 0;
  parser.onerror = (error) => {
    throw notXml(error.message);
  };
  parser.onopentag = ({ name, attributes }) => {
    elements += 1;
    if (elements > limits.elements) throw notXml(`it has more than ${limits.elements} elements`);
    if (open.length > limits.depth) throw notXml(`it is nested more than ${limits.depth} deep`);
    open.push({ name, attributes: attributes as Record<string, string>, text: '', children: [] });
  };
  const addText = (more: string): void => {
    const last = open.at(-1);
    if (last !== undefined) last.text += more;
  };
  parser.ontext = addText;
  parser.oncdata = addText;
  parser.onclosetag = () => {
    const done = open.pop();
    if (done !== undefined) open.at(-1)?.children.push(done);
  };
  parser.write(text).close();
  const [document] = root.children;
  if (document === undefined || root.children.length > 1) throw notXml('it has no single root element');
  return document;
}

/** The first element at a path of names below another; undefined when there is none. */
export function findElement(element: XmlElement, path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>(
    (found, name) => found?.children.find((child) => child.name === name),
    element,
  );
}

/** The texts of an element and of all below it. */
export function* textsIn(element: XmlElement): Generator<string> {
  if (element.text !== '') yield element.text;
  for (const child of element.children) yield* textsIn(child);
}

function notXml(why: string): DriverError {
  const said = why.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 200);
  return new DriverError('hardware', `this is no XML document: ${said}`);
}
