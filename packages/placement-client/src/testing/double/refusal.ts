interface RefusalOptions {
  /** Placement's dotted code. */
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** More members of the error record, such as the versions of a 406. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

const titles: Readonly<Record<number, readonly [title: string, boilerplate: string]>> = {
  400: [
    'Bad Request',
    'The server could not comply with the request since it is either malformed or otherwise incorrect.',
  ],
  403: ['Forbidden', 'Access was denied to this resource.'],
  404: ['Not Found', 'The resource could not be found.'],
  405: ['Method Not Allowed', 'The method is not allowed for this resource.'],
  406: ['Not Acceptable', 'The resource could not be generated that was acceptable to your browser.'],
  409: ['Conflict', 'There was a conflict when trying to complete your request.'],
  415: ['Unsupported Media Type', 'The request media type is not supported by this server.'],
};

/** A request that the double refuses, worded as Placement words it. */
export class Refusal extends Error {
  readonly status: number;
  readonly options: RefusalOptions;

  constructor(status: number, detail: string, options: RefusalOptions = {}) {
    super(detail);
    this.status = status;
    this.options = options;
  }

  /** The error body of Placement, with webob's sentence before the detail; codes came with 1.23. */
  body({ requestId, hasCode }: { readonly requestId: string; readonly hasCode: boolean }): unknown {
    const [title, boilerplate] = titles[this.status] ?? ['Error', 'Something went wrong.'];
    const detail = `${boilerplate}\n\n ${this.message}  `;
    const code = hasCode ? { code: this.options.code ?? 'placement.undefined_code' } : {};
    const { extra } = this.options;
    return { errors: [{ status: this.status, title, detail, ...code, request_id: requestId, ...extra }] };
  }
}
