/**
 * The export conditions that this process was started with, from its command line and `NODE_OPTIONS`: a process
 * that it starts must resolve packages to the same files.
 */
export function currentConditions(
  execArgv: readonly string[] = process.execArgv,
  nodeOptions: string = process.env.NODE_OPTIONS ?? '',
): readonly string[] {
  const words = [...execArgv, ...nodeOptions.split(/\s+/)];
  const conditions = words.flatMap((word, index) => {
    const { inline } = /^(?:--conditions|-C)=(?<inline>.+)$/.exec(word)?.groups ?? {};
    if (inline !== undefined) return [inline];
    const next = word === '--conditions' || word === '-C' ? words[index + 1] : undefined;
    return next === undefined ? [] : [next];
  });
  return [...new Set(conditions)];
}
