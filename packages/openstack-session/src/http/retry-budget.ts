/** Bounds how much a client that only meets failures adds to the load of a sick server. */
export interface RetryBudget {
  /** Takes one retry; false when none is left. */
  take(): boolean;
  /** Gives part of one back after a success. */
  refund(): void;
}

/**
 * A budget of `capacity` retries for all calls of a session; each success earns `refund` of one back. With a server
 * that is down for long, calls then fail after their first attempt instead of multiplying.
 */
export function createRetryBudget(capacity = 40, refund = 0.5): RetryBudget {
  let left = capacity;
  return {
    take() {
      if (left < 1) return false;
      left -= 1;
      return true;
    },
    refund() {
      left = Math.min(capacity, left + refund);
    },
  };
}
