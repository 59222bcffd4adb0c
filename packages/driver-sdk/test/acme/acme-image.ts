import { createHmac } from 'node:crypto';
import { DriverError } from '../../src/index.ts';

/** An image file of the made-up vendor: five lines, the last one a HMAC-SHA-256 of those before it. */
export function acmeImage(model: string, version: string, key: string): string {
  const body = `acme image 1\nmodel=${model}\nversion=${version}\nsize=16\n`;
  return `${body}hmac=${sign(body, key)}\n`;
}

/**
 * The version that an image brings.
 *
 * @throws `invalid` when it is cut off, not signed with the key, or for another model
 */
export function versionOfImage(text: string, model: string, key: string): string {
  const match =
    /^(?<body>acme image 1\nmodel=(?<model>\w+)\nversion=(?<version>[\d.]+)\nsize=16\n)hmac=(?<hmac>\w+)\n$/.exec(
      text,
    );
  const { body = '', hmac, model: made, version = '' } = match?.groups ?? {};
  if (match === null) throw new DriverError('invalid', 'it is no image of Acme, or cut off');
  if (hmac !== sign(body, key)) throw new DriverError('invalid', 'its signature is wrong');
  if (made !== model) throw new DriverError('invalid', `it is made for model ${made}, not for ${model}`);
  return version;
}

const sign = (body: string, key: string): string => createHmac('sha256', key).update(body).digest('hex');
