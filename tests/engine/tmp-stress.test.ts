import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { sqliteKeyRing } from '../../src/engine/sqlite-key-ring.js';
import { openDatabase } from '../../src/event-store/sqlite/sqlite-binding.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { MASTER_KEY, MORNING, seededBytes } from './permit-office.js';
const folder = temporaryFolder();
it.each(['range', 'random', 'mixed'])('stress %s', async (how) => {
  const path = folder('s.keys');
  const ring = sqliteKeyRing({ path, masterKey: MASTER_KEY, randomBytes: seededBytes('s') });
  const wrapped = () => { const d = openDatabase(path); const r = d.prepare('SELECT subject, wrapped_key FROM subjects WHERE wrapped_key IS NOT NULL').all(); d.close(); return new Map(r.map(({subject, wrapped_key}) => [String(subject), Buffer.from(wrapped_key as Uint8Array)])); };
  const all = new Map<string, Buffer>(); const gone: Buffer[] = [];
  let n = 0; let seed = 1; const rnd = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const create = async (count: number) => { await ring.create(Array.from({ length: count }, () => ({ subject: `00000000-${Math.floor(rnd()*1e9)}-${n++}`, identifiers: [{ field: 'id', value: String(n) }] }))); for (const [k, v] of wrapped()) all.set(k, v); };
  await create(400);
  const rounds = how === 'mixed' ? 10 : 1;
  for (let r = 0; r < rounds; r++) {
    const living = [...wrapped().keys()];
    const count = how === 'mixed' ? 30 : 350;
    for (let i = 0; i < count; i++) {
      const at = how === 'random' ? Math.floor(rnd() * living.length) : how === 'range' ? 20 : Math.floor(rnd() * living.length);
      const [s] = living.splice(Math.min(at, living.length - 1), 1);
      gone.push(all.get(s!)!); await ring.forget(s!, MORNING);
    }
    if (how === 'mixed') await create(40);
  }
  const files = readdirSync(dirname(path)).map((f) => readFileSync(`${dirname(path)}/${f}`));
  let left = 0;
  for (const key of gone) { for (let at = 0; at + 16 <= key.length; at += 4) if (files.some((f) => f.includes(key.subarray(at, at + 16)))) { left++; break; } }
  console.log(how, gone.length, left, files.map((f) => f.length));
  ring.close();
}, 120000);
