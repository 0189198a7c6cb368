import { z } from 'zod';

/** The strong entity tag of a case at a revision: `"7"`. */
export function revisionEtag(revision: number): string {
  return `"${revision}"`;
}

/** `If-Match`: the tag of the revision the sender last saw, or `*` for any. */
export const IfMatch = z
  .string()
  .regex(/^(\*|"\d{1,9}")$/, 'must be the ETag of the case as it was read, such as "7"')
  .meta({
    description: 'ETag of the revision the sender last saw; the command is refused with 412 when the case has gone on',
    example: '"7"',
  });

/** The revision an `If-Match` names; undefined for `*` or none. */
export function expectedRevision(ifMatch: string | undefined): number | undefined {
  return ifMatch === undefined || ifMatch === '*' ? undefined : Number(ifMatch.slice(1, -1));
}

/** Whether an `If-None-Match` says that the client holds this revision (weak comparison, RFC 9110, 13.1.2). */
export function holdsRevision(ifNoneMatch: string | undefined, revision: number): boolean {
  if (ifNoneMatch === undefined) return false;
  const etag = revisionEtag(revision);
  return ifNoneMatch.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}
