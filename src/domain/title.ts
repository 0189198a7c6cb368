/** What a person reads: English and Chinese (中文). Both are always there. */
export type Title = { readonly en: string; readonly zh: string };
