import { z } from 'zod';
import { isCaseError } from '../../src/domain/case-error.js';
import type { JsonObject, RecordedEvent } from '../../src/domain/event.js';
import { PERSONAL_KEY } from '../../src/domain/personal-data.js';
import { upcast } from '../../src/domain/upcast.js';
import { defineWorkflow } from '../../src/domain/workflow.js';
import { workflowRegistry } from '../../src/domain/workflow-registry.js';
import { ferry, ferrySource } from '../support/ferry.js';
import { aStep, story } from '../support/story.js';

/** Once there was a number, then a list of names, now places with a deck. */
const today = defineWorkflow({
  ...ferrySource,
  events: {
    ...ferrySource.events,
    'ferry.boarded': {
      ...ferrySource.events['ferry.boarded']!,
      data: z.strictObject({ seats: z.int(), deck: z.string() }),
      schema: 3,
      upcast: {
        1: ({ count }: JsonObject) => ({ seats: count ?? 0 }),
        2: (data) => ({ ...data, deck: 'upper' }),
      },
    },
  },
});
const registry = workflowRegistry([today]);

const [boarded] = story(ferry, [aStep('ferry.boarded', { seats: 1 })]).history;
const old = (schema: number, data: object, metadata: object = {}): RecordedEvent =>
  ({ ...boarded!, data, metadata: { ...boarded!.metadata, schema, ...metadata } }) as RecordedEvent;

function unknownBecause(event: RecordedEvent): string {
  try {
    upcast(event, registry);
  } catch (error) {
    if (isCaseError(error, 'ENVELOPE_UNKNOWN')) return error.failure.detail;
    throw error;
  }
  throw new Error('it was read');
}

describe('an event of yesterday', () => {
  it('is told in the shape of today, through every shape between', () => {
    expect(upcast(old(1, { count: 2 }), registry).data).toEqual({ seats: 2, deck: 'upper' });
    expect(upcast(old(2, { seats: 3 }), registry).data).toEqual({ seats: 3, deck: 'upper' });
  });

  it('of the shape of today is left as it is', () => {
    const event = old(3, { seats: 3, deck: 'lower' });
    expect(upcast(event, registry)).toBe(event);
  });

  it('keeps its metadata, and what is stored stays as it was', () => {
    const event = old(1, { count: 2 });
    expect(upcast(event, registry).metadata).toBe(event.metadata);
    expect(event.data).toEqual({ count: 2 });
  });

  it('keeps its personal parts sealed: no upcast sees them', () => {
    const sealed = [{ path: '', subject: 's', fields: ['name'], box: 'AA' }];
    expect(upcast(old(1, { count: 2, [PERSONAL_KEY]: sealed }), registry).data).toEqual({
      seats: 2,
      deck: 'upper',
      [PERSONAL_KEY]: sealed,
    });
  });

  it("of a workflow that is not registered, or the engine's own, is left as it is", () => {
    const foreign = old(1, {}, { workflow: { name: 'tram', version: 1, hash: '' } });
    expect(upcast(foreign, registry)).toBe(foreign);
    const own = { ...old(1, {}), type: 'case.migrated' };
    expect(upcast(own, registry)).toBe(own);
  });
});

describe('an event of tomorrow', () => {
  it('is not guessed at', () => {
    expect(unknownBecause(old(4, {}))).toBe('its data has shape 4, this version reads up to 3');
    expect(unknownBecause(old(1, {}, { envelope: 2 }))).toBe('its envelope has version 2, this version reads 1');
  });
});
