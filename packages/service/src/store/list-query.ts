/** Which part of a collection is asked for; without a limit it is all of it. */
export interface ListQuery {
  readonly limit?: number | undefined;
  /** Name or id of the last item of the page before; `request.invalid` when there is none such. */
  readonly marker?: string | undefined;
}
