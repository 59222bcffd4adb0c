/** One line of a detail view; further values hang under the first. */
export type Detail = readonly [label: string, value: string | readonly string[]];

/** Labels and values side by side, nothing cut; an empty list of values reads `none`. */
export function renderDetails(details: readonly Detail[]): string {
  const width = Math.max(...details.map(([label]) => label.length));
  return details.flatMap(([label, value]) => detailLines(label.padEnd(width), value)).join('\n');
}

/** Blocks of text, each under its title, with empty lines between. */
export function renderSections(first: string, sections: readonly (readonly [string, string])[]): string {
  return [first, ...sections.map(([title, body]) => `${title}\n${indent(body)}`)].join('\n\n');
}

function detailLines(label: string, value: string | readonly string[]): string[] {
  const [first = 'none', ...rest] = typeof value === 'string' ? [value] : value;
  return [`${label}  ${first}`, ...rest.map((line) => `${' '.repeat(label.length)}  ${line}`)];
}

const indent = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n');
