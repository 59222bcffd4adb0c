import { isCollision } from './database-error.ts';

/** How often a transaction that met another one is run, and the pause before the second time in milliseconds. */
const attempts = 6;
const pauseMs = 10;

/** Runs a transaction again, after a pause, when it met another one. */
export async function againOnCollision<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isCollision(error) || attempt === attempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs * 2 ** attempt));
    }
  }
}
