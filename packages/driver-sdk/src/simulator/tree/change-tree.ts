import { existsSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { errnoOf } from '../../machine/driver-error-from-errno.ts';
import { applyChanges } from './apply-changes.ts';
import { type TreeChanges, TreeDraft } from './tree-draft.ts';
import { withTreeLock } from './tree-lock.ts';

/** Where a simulated machine keeps what is not part of the machine, below its root. */
export const controlDirectory = '/.simulation';

/**
 * Changes a tree on disk as a kernel changes its own: one writer at a time, and wholly or not at all, even when
 * the process is killed in between. Changes are noted before they are made, and whoever comes next finishes what
 * a dead process had begun. A throw of the work leaves the tree as it was.
 *
 * @param onChanges told what was changed, after it
 */
export function changeTree<Result>(
  root: string,
  work: (tree: TreeDraft) => Result,
  onChanges?: (changes: TreeChanges) => void,
): Result {
  return withTreeLock(root + controlDirectory, () => {
    finishChanges(root);
    const tree = new TreeDraft(root);
    const result = work(tree);
    const { changes } = tree;
    if (changes.removed.length + changes.entries.length > 0) {
      noteChanges(root, changes);
      makeChanges(root, changes);
      onChanges?.(changes);
    }
    return result;
  });
}

/** Waits for changes that are being made, and finishes those of a process that was killed. */
export function settleTree(root: string): void {
  if (readJournal(root) !== undefined) changeTree(root, () => {});
}

const journalOf = (root: string): string => `${root}${controlDirectory}/journal.json`;

function noteChanges(root: string, changes: TreeChanges): void {
  const journal = journalOf(root);
  writeFileSync(`${journal}.new`, JSON.stringify(changes));
  renameSync(`${journal}.new`, journal);
}

function finishChanges(root: string): void {
  const changes = readJournal(root);
  if (changes !== undefined) makeChanges(root, changes);
}

function makeChanges(root: string, changes: TreeChanges): void {
  applyChanges(root, changes, `${root}${controlDirectory}/scratch`);
  unlinkSync(journalOf(root));
}

function readJournal(root: string): TreeChanges | undefined {
  const journal = journalOf(root);
  // Mostly there is none, and an error thrown for that costs more than the question.
  if (!existsSync(journal)) return undefined;
  try {
    return JSON.parse(readFileSync(journal, 'utf8')) as TreeChanges;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
