import { CaseError } from './case-error.js';

const CASE_ID = /^[A-Za-z0-9._~-]{1,100}$/;

/** The stream of one case: `application-0192f5f0`, `enterpriseRequest-17`. EventStoreDB files a stream under what stands before its first dash, so the category has none. */
export function streamIdOf(workflow: string, caseId: string): string {
  if (!CASE_ID.test(caseId)) throw new CaseError({ code: 'CASE_ID_INVALID', caseId: caseId.slice(0, 120) });
  return `${categoryOf(workflow)}-${caseId}`;
}

/** `enterprise-request` → `enterpriseRequest`. */
export function categoryOf(workflow: string): string {
  return workflow.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** The case id in a stream's name: what follows the first dash. */
export function caseIdOf(stream: string): string {
  return stream.slice(stream.indexOf('-') + 1);
}
