import { PROBLEM_CODES, PROBLEM_STATUS } from './problem.js';
import { PROBLEM_TEXTS } from './problem-texts.js';

/** `docs/errors.md`: a heading per code, what it means and what to do about it. */
export function errorsDocument(): string {
  const entries = PROBLEM_CODES.map((code) => {
    const { title, action } = PROBLEM_TEXTS[code];
    return `## ${code}\n\n**${title.en}** · ${title.zh} · HTTP ${PROBLEM_STATUS[code]}\n\n${action.en}\n\n${action.zh}\n`;
  });
  return `${INTRODUCTION}\n${entries.join('\n')}`;
}

const INTRODUCTION = `# Errors

Every refusal has a code. Programs branch on it; it does not change. Over HTTP it comes as \`application/problem+json\`
(RFC 9457) with \`type\` \`/problems/CODE\`, which the server explains too. The library throws a \`CaseError\` whose
\`failure\` has the same code and details.

Sent again under the same command id, a command is stored at most once. \`OVERLOADED\`, \`STORE_UNAVAILABLE\`,
\`STORE_OUTCOME_UNKNOWN\`, \`STORE_CLOSED\`, \`PROJECTION_BEHIND\` and \`FACT_UNAVAILABLE\` are worth sending again after
\`Retry-After\` seconds; nothing else is, before something has changed.

This page is made from the server's own table by \`node scripts/errors-doc.mjs\`.
`;
