/** A number from 0 up to a bound, without it. */
export type Random = (below: number) => number;

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, below);
  };
}

interface Ingredients {
  readonly samples: readonly Buffer[];
  readonly words: readonly Buffer[];
}

/** No input grows beyond this: what is tried is the parser, not the memory. */
const mostBytes = 64 * 1024;

/** Numbers and bytes at the edges of what fits somewhere. */
const edges = [
  '0',
  '-1',
  '65536',
  '4294967296',
  '18446744073709551616',
  '1e999',
  'NaN',
  '\0',
  '\xff\xff\xff\xff',
  '\n',
].map((text) => Buffer.from(text, 'latin1'));

/** One damaged input: a sample after one to eight changes. */
export function mutateInput(random: Random, ingredients: Ingredients): Buffer {
  let bytes = pick(random, ingredients.samples) ?? Buffer.alloc(0);
  for (let left = 1 + random(8); left > 0; left -= 1) {
    bytes = (pick(random, mutations) ?? truncate)(bytes, random, ingredients);
    if (bytes.length > mostBytes) bytes = bytes.subarray(0, mostBytes);
  }
  return bytes;
}

type Mutation = (bytes: Buffer, random: Random, ingredients: Ingredients) => Buffer;

const pick = <Item>(random: Random, items: readonly Item[]): Item | undefined => items[random(items.length)];

const spliced = (bytes: Buffer, [from, to]: readonly [number, number], piece: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, from), piece, bytes.subarray(to)]);

const flipBit: Mutation = (bytes, random) => {
  const copy = Buffer.from(bytes);
  const at = random(copy.length);
  if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << random(8));
  return copy;
};

const anyByte: Mutation = (bytes, random) => {
  const at = random(bytes.length + 1);
  return spliced(bytes, [at, Math.min(bytes.length, at + random(2))], Buffer.from([random(256)]));
};

const truncate: Mutation = (bytes, random) => bytes.subarray(0, random(bytes.length + 1));

const cutOut: Mutation = (bytes, random) => {
  const at = random(bytes.length + 1);
  return spliced(bytes, [at, Math.min(bytes.length, at + random(64))], Buffer.alloc(0));
};

const repeat: Mutation = (bytes, random) => {
  const at = random(bytes.length + 1);
  const piece = bytes.subarray(at, at + random(48));
  return spliced(bytes, [at, at], Buffer.concat(Array.from({ length: 1 + random(64) }, () => piece)));
};

const insertWord: Mutation = (bytes, random, { words }) => {
  const at = random(bytes.length + 1);
  const word = pick(random, random(2) === 0 && words.length > 0 ? words : edges) ?? Buffer.alloc(0);
  return spliced(bytes, [at, Math.min(bytes.length, at + random(2) * word.length)], word);
};

const insertSample: Mutation = (bytes, random, { samples }) => {
  const other = pick(random, samples) ?? Buffer.alloc(0);
  const from = random(other.length + 1);
  const at = random(bytes.length + 1);
  return spliced(bytes, [at, at], other.subarray(from, from + random(512)));
};

const mutations: readonly Mutation[] = [
  flipBit,
  anyByte,
  truncate,
  cutOut,
  repeat,
  insertWord,
  insertSample,
  flipBit,
  insertWord,
];
