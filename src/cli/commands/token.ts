import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { type ActorFlags, actorOf, type OutputFlags, wholeNumber, withActor, withOutput } from '../command-options.js';
import { EXIT } from '../exit-code.js';
import { assertLedgerFile, ledgerLocation } from '../ledger-location.js';
import type { Session } from '../session.js';
import { output } from '../terminal.js';
import { givenTokenSecret, ledgerTokenSecret } from '../token-secret.js';

type TokenFlags = OutputFlags & ActorFlags & { readonly ledger?: string; readonly minutes: number };

/** `caseledger token --role intake --region 330921`: a bearer token for development. */
export function tokenCommand(program: Command, session: Session): void {
  withActor(
    withOutput(program.command('token').description('mint a bearer token for development, signed with a local secret')),
  )
    .option(
      '--ledger <location>',
      'the ledger whose own secret signs it, unless CASELEDGER_TOKEN_SECRET does (CASELEDGER_LEDGER)',
    )
    .option('--minutes <number>', 'how long it is good for', wholeNumber(1, 60 * 24 * 30), 60)
    .action(async (flags: TokenFlags) => {
      const { config, clock, randomBytes, terminal } = session;
      const actor = actorOf(flags, config);
      if (actor.roles.length === 0) throw new CliError(EXIT.usage, 'name the roles the token carries with --role');
      const secret = givenTokenSecret(config) ?? secretOf(flags.ledger ?? config.ledger, randomBytes);
      const { mintToken } = await import('../../api/token.js');
      const token = await mintToken(actor, {
        secret,
        clock,
        lifetimeSeconds: flags.minutes * 60,
        ...(config.jwtIssuer !== undefined && { issuer: config.jwtIssuer }),
        ...(config.jwtAudience !== undefined && { audience: config.jwtAudience }),
      });
      output(terminal, flags).result({ token, actor }, () => [token]);
    });
}

/** The ledger's own secret, where there is the ledger: a mistyped name makes none. */
function secretOf(said: string | undefined, randomBytes: Session['randomBytes']): string {
  const location = ledgerLocation(said);
  if (location.kind === 'file') assertLedgerFile(location.path, false);
  return ledgerTokenSecret(location, randomBytes);
}
