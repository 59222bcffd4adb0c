const causes = [
  {
    pattern: /ENOSPC|no space left/i,
    message: 'The disk is full.',
    remedy: 'Free about 1 GB where the repository and ~/.local/share/pnpm lie, then run this again.',
  },
  {
    pattern: /ERR_PNPM_OUTDATED_LOCKFILE|lockfile.*not up to date/i,
    message: 'pnpm-lock.yaml does not belong to the package.json files.',
    remedy: 'Undo the change of dependencies, or run `npx pnpm install` and commit the lockfile.',
  },
  {
    pattern: /EACCES|EPERM|EROFS/,
    message: 'Something may not be written.',
    remedy: 'See that the repository and ~/.npm belong to you (ls -ld . ~/.npm) and are not read-only.',
  },
  {
    pattern:
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|socket hang up|fetch failed|_FETCH_|network/i,
    message: 'The package registry could not be reached.',
    remedy:
      'See `npm ping`; behind a proxy set HTTPS_PROXY, with a mirror set its address by `npm config set registry`.',
    mayPass: true,
  },
];

/**
 * What went wrong with an installation, from its exit code and output, and what to do about it. `mayPass` when
 * the same may go well a moment later.
 */
export function explainInstall({ code, output }) {
  if (code === 127) {
    return {
      message: 'There is no npx on the path; it comes with npm.',
      remedy: 'Install npm beside Node (Debian: apt install npm), then run this again.',
      mayPass: false,
    };
  }
  const known = causes.find(({ pattern }) => pattern.test(output));
  return {
    message: known?.message ?? `The installation ended with code ${code}; its last words are above.`,
    remedy:
      known?.remedy ??
      'Remove node_modules and run this again; should it stay so, report it with this output.',
    mayPass: known?.mayPass ?? false,
  };
}
