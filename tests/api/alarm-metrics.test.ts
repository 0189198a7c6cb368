import { Registry } from 'prom-client';
import { apiMetrics } from '../../src/api/metrics.js';
import type { AlarmStatus } from '../../src/engine/alarm-clock.js';

async function told(status: AlarmStatus | undefined): Promise<readonly string[]> {
  const registry = new Registry();
  apiMetrics(registry, {
    pending: async () => 0,
    lag: async () => [],
    feedClients: () => 0,
    alarm: async () => status,
    reactions: async () => [],
    refusedReactions: async () => ({}),
  });
  // Twice: a counter that is set anew must not add up.
  await registry.metrics();
  const text = await registry.metrics();
  return text.split('\n').filter((line) => line.startsWith('caseledger_alarm_'));
}

describe('the metrics of the alarm clock', () => {
  it('tell when it last looked, how far behind it is, what it recorded and what it could not read', async () => {
    expect(await told({ lastTickAt: '2026-03-06T01:00:00.000Z', raised: 12, failed: 1, lagMs: 1_500 })).toEqual([
      'caseledger_alarm_last_tick_timestamp_seconds 1772758800',
      'caseledger_alarm_lag_seconds 1.5',
      'caseledger_alarm_rungs_total 12',
      'caseledger_alarm_failures_total 1',
    ]);
  });

  it('are left out where none runs', async () => {
    expect(await told(undefined)).toEqual([]);
  });
});
