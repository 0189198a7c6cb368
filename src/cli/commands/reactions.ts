import type { Command } from 'commander';
import { caseIdOf } from '../../domain/stream-id.js';
import type { WaitingCommand } from '../../engine/reactions/reaction-runner.js';
import type { ReactionOutcomeItem } from '../../projections/reaction-outcomes.js';
import { type ActorFlags, actorOf, type LedgerFlags, withActor, withLedger } from '../command-options.js';
import { type Session, withReadModels } from '../session.js';
import { type Language, output, table } from '../terminal.js';

/** The most refusals that are listed. */
const LISTED = 50;

const WORDS: Readonly<
  Record<WaitingCommand['status'] | ReactionOutcomeItem['outcome'], Readonly<Record<Language, string>>>
> = {
  retrying: { en: 'retrying', zh: '重试中' },
  parked: { en: 'PARKED', zh: '暂停处理' },
  behind: { en: 'behind', zh: '排队等候' },
  refused: { en: 'refused', zh: '对方不予办理' },
  skipped: { en: 'skipped', zh: '已跳过' },
};

const NONE: Readonly<Record<Language, string>> = {
  en: 'nothing is stuck, and nothing was refused',
  zh: '没有暂停处理或不予办理的联动指令',
};

type ReasonFlags = LedgerFlags & ActorFlags & { readonly reason: string };

/** `caseledger reactions`: how what happens between cases stands; `release` and `skip` deal with what is parked. */
export function reactionsCommand(program: Command, session: Session): void {
  const command = program.command('reactions').description('how what happens between cases stands');
  withLedger(
    command
      .command('list', { isDefault: true })
      .description('how far each reaction is, what of it is stuck, and the latest commands their targets refused'),
  ).action(async (flags: LedgerFlags) => {
    const out = output(session.terminal, flags);
    await withReadModels(session, flags, ['reaction_outcomes', 'case_list'], async ({ models }) => {
      const [reactions, waiting, refused] = await Promise.all([
        models.reactions.status(),
        models.reactions.waiting(),
        models.reactionOutcomes.list({}, { limit: LISTED }, { reach: [{ scope: 'ledger' }] }),
      ]);
      out.result({ reactions, waiting, refused: refused.items }, () => [
        ...table(
          reactions.map(({ name, version, title, lag, parked }) => [
            name,
            out.title(title),
            `version ${version}`,
            `${lag} behind`,
            parked === 0 ? '' : `${parked} ${WORDS.parked[out.language]}`,
          ]),
        ),
        ...(waiting.length + refused.items.length === 0 ? [NONE[out.language]] : []),
        ...table([
          ...waiting.map((one) => [
            one.id,
            WORDS[one.status][out.language],
            one.reaction,
            `${one.cause.workflow} ${caseIdOf(one.cause.stream)} ${one.cause.type}`,
            one.target ? `→ ${one.target.workflow} ${one.target.caseId}` : '',
            one.detail ?? '',
          ]),
          ...refused.items.map((one) => [
            one.id,
            WORDS[one.outcome][out.language],
            one.reaction,
            one.cause ? `${one.cause.workflow} ${one.cause.caseId} ${one.cause.type}` : '',
            one.target ? `→ ${one.target.workflow} ${one.target.caseId}` : '',
            one.reasons?.map(({ title }) => out.title(title)).join('; ') ?? one.refusal ?? one.reason ?? '',
          ]),
        ]),
      ]);
    });
  });

  function takeUp(what: 'release' | 'skip', description: string, done: Readonly<Record<Language, string>>): void {
    withActor(withLedger(command.command(`${what} <id>`).description(description)))
      .requiredOption('--reason <text>', 'why; recorded in the ledger')
      .action(async (id: string, flags: ReasonFlags) => {
        const out = output(session.terminal, flags);
        await withReadModels(session, flags, [], async ({ models }) => {
          await models.reactions[what](id, { actor: actorOf(flags, session.config).id, reason: flags.reason });
          out.result({ id, done: what }, () => [`${id} ${done[out.language]}`]);
        });
      });
  }

  takeUp('release', 'let a parked command be tried again, by whoever serves the ledger', {
    en: 'is tried again',
    zh: '已放行，将重新办理',
  });
  takeUp('skip', 'leave a parked command out for good; those behind it go on', {
    en: 'is left out for good',
    zh: '已跳过',
  });
}
