import type { Command } from 'commander';
import { CaseError } from '../../domain/case-error.js';
import { LEDGER_STREAM } from '../../engine/ledger-identity.js';
import { CliError } from '../cli-error.js';
import { type ActorFlags, actorOf, type LedgerFlags, withActor, withLedger } from '../command-options.js';
import { EXIT } from '../exit-code.js';
import { type Session, withReadModels } from '../session.js';
import { type Language, output } from '../terminal.js';

/** Which cases a data subject has. */
const READS = ['subject_cases'];

type FindFlags = LedgerFlags & ActorFlags & { readonly value?: string; readonly purpose: string };

/** `caseledger find idNumber --value …`: a person by an identity number, through the keyed index; the number itself is kept nowhere. */
export function findCommand(program: Command, session: Session): void {
  withActor(
    withLedger(
      program
        .command('find <field>')
        .description(
          'find a data subject and its cases by an identifying value, such as idNumber; that it was looked for is recorded',
        ),
    ),
  )
    .option(
      '--value <text>',
      'the value; read from standard input unless given, which keeps it out of the shell history',
    )
    .requiredOption('--purpose <text>', 'what for')
    .action(async (field: string, flags: FindFlags) => {
      const out = output(session.terminal, flags);
      const value = flags.value ?? (await inputLine(session));
      await withReadModels(session, flags, READS, async ({ ledger, models, head }) => {
        const subject = ledger.keys.find([{ field, value }]);
        if (subject === undefined) throw new CliError(EXIT.notFound, `nobody is known by this ${field}`);
        await ledger.keys.recordAccess([
          {
            at: session.clock.now().toISOString(),
            actor: actorOf(flags, session.config).id,
            subject,
            stream: LEDGER_STREAM,
            purpose: flags.purpose,
          },
        ]);
        const cases = await models.casesOfSubject(subject, { minPosition: head });
        out.result({ subject, cases }, () => [
          subject,
          ...cases.map(({ workflow, caseId }) => `  ${workflow} ${caseId}`),
        ]);
      });
    });
}

type ForgetFlags = LedgerFlags & ActorFlags & { readonly reason: string };

const FORGOTTEN: Readonly<Record<'now' | 'before', Readonly<Record<Language, string>>>> = {
  now: { en: 'is forgotten: its key is destroyed', zh: '的个人信息已删除：密钥已销毁' },
  before: { en: 'was forgotten before', zh: '的个人信息此前已删除' },
};

/** `caseledger forget SUBJECT --reason …`: destroys a data subject's key. */
export function forgetCommand(program: Command, session: Session): void {
  withActor(
    withLedger(
      program
        .command('forget <subject>')
        .description('forget a data subject: destroy its key, so that its data reads as erased in every copy'),
    ),
  )
    .requiredOption('--reason <text>', 'why; it is recorded')
    .action(async (subject: string, flags: ForgetFlags) => {
      const out = output(session.terminal, flags);
      await withReadModels(session, flags, READS, async ({ ledger, models, head }) => {
        if (ledger.keys.key(subject) === undefined) throw new CaseError({ code: 'SUBJECT_NOT_FOUND', subject });
        const erasure = await ledger.forget(
          { subject, actor: actorOf(flags, session.config).id, reason: flags.reason },
          (one) => models.casesOfSubject(one, { minPosition: head }),
        );
        out.result(erasure, () => [
          `${subject} ${FORGOTTEN[erasure.erased ? 'now' : 'before'][out.language]}`,
          ...erasure.cases.map(({ workflow, caseId }) => `  ${workflow} ${caseId}`),
        ]);
      });
    });
}

async function inputLine({ terminal }: Session): Promise<string> {
  let read = '';
  for await (const chunk of terminal.stdin) {
    read += String(chunk);
    if (read.includes('\n')) break;
  }
  const line = read.split('\n')[0]!.trim();
  if (line === '') throw new CliError(EXIT.usage, 'give the value with --value or on standard input');
  return line;
}
