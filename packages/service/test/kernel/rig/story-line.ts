/** What a guest tells of its story, one line of JSON each: a test that ended, what the one before it measured, or that all have ended. */
export type StoryLine =
  | {
      readonly name: string;
      /** How long it took in the guest, which is slower than the machine around it. */
      readonly ms: number;
      /** Why it was left out. */
      readonly skipped?: string;
      readonly failure?: string;
    }
  | { readonly measured: string }
  | { readonly ended: true };
