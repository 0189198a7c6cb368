import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { withActor, withLedger, withOutput } from '../dist/cli/command-options.js';
import { caseledgerProgram } from '../dist/cli/program.js';

const PAGE = new URL('../docs/reference/cli.md', import.meta.url);
const BEGIN = '<!-- made from the program by `node scripts/cli-doc.mjs` -->';
const END = '<!-- end -->';

/** The commands with their options, as the program itself knows them. */
export function commandsText() {
  const shared = {
    output: flagsOf(withOutput(new Command())),
    ledger: flagsOf(withLedger(new Command())),
    actor: flagsOf(withActor(new Command())),
  };
  const { command } = caseledgerProgram({ version: '0' });
  return [
    group('Output', 'Every command takes', withOutput(new Command())),
    group('Ledger', 'Commands on a ledger take', withLedger(new Command()), shared.output),
    group('Actor', 'Commands that record who acts take', withActor(new Command())),
    ...leaves(command).map(([name, one]) => commandText(name, one, shared)),
  ].join('\n\n');
}

function leaves(command, prefix = '') {
  return command.commands.flatMap((one) => {
    const name = `${prefix}${one.name()}`;
    return one.commands.length > 0 ? leaves(one, `${name} `) : [[name, one]];
  });
}

function group(title, words, command, without = new Set()) {
  return `### ${title} options\n\n${words}:\n\n${optionsTable(command.options.filter(({ flags }) => !without.has(flags)))}`;
}

function commandText(name, command, { output, ledger, actor }) {
  const own = flagsOf(command);
  const common = [
    [ledger, 'ledger'],
    [actor, 'actor'],
  ].filter(([flags]) => [...flags].every((one) => own.has(one)));
  const shared = new Set([...output, ...common.flatMap(([flags]) => [...flags])]);
  const options = command.options.filter(({ flags }) => !shared.has(flags));
  const names = [
    ...common.map(([, word]) => word),
    ...(common.some(([, word]) => word === 'ledger') ? [] : ['output']),
  ];
  return [
    `### ${name}`,
    `\`caseledger ${name}${command.registeredArguments.map((one) => ` ${argumentText(one)}`).join('')}\``,
    `${sentence(command.description())} Takes the ${names.sort().reverse().join(' and ')} options${options.length > 0 ? ', and' : '.'}`,
    ...(options.length > 0 ? [optionsTable(options)] : []),
  ].join('\n\n');
}

function argumentText(argument) {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

function optionsTable(options) {
  const rows = options.map(({ flags, description, argChoices, mandatory, defaultValue }) => {
    const choices = argChoices ? `: ${argChoices.map((one) => `\`${one}\``).join(', ')}` : '';
    const value =
      typeof defaultValue === 'number' || typeof defaultValue === 'string' ? `; \`${defaultValue}\` unless given` : '';
    return `| \`${flags}\` | ${description.replace(/\|/g, '\\|').replace(/</g, '&lt;')}${choices}${value}${mandatory ? '; required' : ''} |`;
  });
  return ['| option | meaning |', '|---|---|', ...rows].join('\n');
}

function flagsOf(command) {
  return new Set(command.options.map(({ flags }) => flags));
}

function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

/** The page with its commands as they are now. */
export function cliPage() {
  const page = readFileSync(PAGE, 'utf8');
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  return `${page.slice(0, before)}${BEGIN}\n\n${commandsText()}\n\n${page.slice(after)}`;
}

if (process.argv[1]?.endsWith('cli-doc.mjs')) writeFileSync(PAGE, cliPage());
