import { DriverError } from '@cyborgjs/driver-sdk';

/** What is missing or wrong in the options of a request. */
export const wrongOption = (why: string, hint: string): DriverError =>
  new DriverError('invalid', why, { hint });
