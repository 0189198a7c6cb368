import { Command } from 'commander';
import { alarmCommand } from './commands/alarm.js';
import { benchCommand } from './commands/bench.js';
import { calendarCommand } from './commands/calendar.js';
import { checkCommand } from './commands/check.js';
import { deadlineCommand } from './commands/deadline.js';
import { demoCommand } from './commands/demo.js';
import { dueCommand } from './commands/due.js';
import { explainCommand } from './commands/explain.js';
import { historyCommand } from './commands/history.js';
import { importCommand } from './commands/import.js';
import { migrateCommand } from './commands/migrate.js';
import { projectionsCommand, rebuildCommand } from './commands/projections.js';
import { reactionsCommand } from './commands/reactions.js';
import { replayCommand } from './commands/replay.js';
import { screeningCommand } from './commands/screening.js';
import { openCommand, sendCommand } from './commands/send.js';
import { serveCommand } from './commands/serve.js';
import { showCommand } from './commands/show.js';
import { findCommand, forgetCommand } from './commands/subject.js';
import { tokenCommand } from './commands/token.js';
import { webhooksCommand } from './commands/webhooks.js';
import type { ExitCode } from './exit-code.js';
import type { Session } from './session.js';

export type Program = {
  readonly command: Command;
  /** What the command that ran wants said when it ends without a failure. */
  readonly exitCode: () => ExitCode;
};

/** The command line, every command with its options. */
export function caseledgerProgram(session: Session): Program {
  let code: ExitCode = 0;
  const leave = (asked: ExitCode): void => {
    code = asked;
  };
  const program = new Command('caseledger')
    .description('An event-sourced case engine for public administration.')
    .version(session.version)
    .enablePositionalOptions()
    .showHelpAfterError(false)
    .configureOutput({
      writeOut: (text) => void session.terminal.stdout.write(text),
      writeErr: (text) => void session.terminal.stderr.write(text),
      // One line, also where commander adds a guess on a second one.
      outputError: (text, write) =>
        write(
          `${text
            .trim()
            .replace(/^error: /, 'caseledger: ')
            .replace(/\s*\n\s*/g, ' ')}\n`,
        ),
    })
    .exitOverride();

  serveCommand(program, session);
  demoCommand(program, session);
  openCommand(program, session);
  sendCommand(program, session);
  showCommand(program, session);
  historyCommand(program, session);
  replayCommand(program, session, leave);
  explainCommand(program, session);
  dueCommand(program, session);
  alarmCommand(program, session, leave);
  deadlineCommand(program, session);
  calendarCommand(program, session);
  importCommand(program, session);
  checkCommand(program, session, leave);
  rebuildCommand(program, session);
  projectionsCommand(program, session);
  reactionsCommand(program, session);
  screeningCommand(program, session);
  migrateCommand(program, session);
  findCommand(program, session);
  forgetCommand(program, session);
  webhooksCommand(program, session);
  tokenCommand(program, session);
  benchCommand(program, session);
  return { command: program, exitCode: () => code };
}
