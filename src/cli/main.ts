#!/usr/bin/env node
import { keepCompiledCode } from '../engine-thread/compiled-code.js';
import { waitingThread } from '../engine-thread/waiting-thread.js';

// Nothing else is imported before this: the thread is under way first, and each thread loads its code while the other does.
const compiledCode = new URL('./.compiled/', import.meta.url);
keepCompiledCode(compiledCode);
// Stacks then name the sources; reading the maps takes a while.
if (process.env.CASELEDGER_DEBUG) process.setSourceMapsEnabled(true);
const args = process.argv.slice(2);
const serves = args[0] === 'serve' || (args[0] === 'demo' && args.includes('--serve'));
const engineThread = serves
  ? waitingThread(new URL('./ledger-opener.js', import.meta.url), { compiledCode })
  : undefined;

const { runInProcess } = await import('./run-in-process.js');
process.exitCode = await runInProcess(args, engineThread);
