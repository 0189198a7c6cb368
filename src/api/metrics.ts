import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { AlarmStatus } from '../engine/alarm-clock.js';
import type { Outbox, Standing } from '../engine/outbox/outbox.js';
import type { ReactionStatus } from '../engine/reactions/reaction-runner.js';

/** What the API counts (Prometheus). Labels are declared names and codes, so their number is bounded. */
export type ApiMetrics = {
  readonly registry: Registry;
  request(method: string, route: string, status: number, ms: number): void;
  /** `outcome` is `accepted`, `repeated` or the code of the refusal. */
  command(workflow: string, outcome: string, ms: number): void;
};

export type MetricSources = {
  /** Commands under way. */
  readonly pending: () => Promise<number>;
  /** Events each read model is behind. */
  readonly lag: () => Promise<readonly { readonly name: string; readonly lag: number }[]>;
  /** Clients listening to a feed. */
  readonly feedClients: () => number;
  /** How the alarm clock does; undefined where none runs here. */
  readonly alarm: () => Promise<AlarmStatus | undefined>;
  /** How each reaction stands. */
  readonly reactions: () => Promise<readonly ReactionStatus[]>;
  /** How many of its commands were refused by their targets, by reaction. */
  readonly refusedReactions: () => Promise<Readonly<Record<string, number>>>;
  /** Alerts on their way out, where there is an outbox. */
  readonly outbox?: Pick<Outbox, 'standings' | 'attempts'> | undefined;
};

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Registers the API's metrics in `registry`, which must be this app's own. */
export function apiMetrics(registry: Registry, sources: MetricSources): ApiMetrics {
  const registers = [registry];
  const requests = new Histogram({
    name: 'caseledger_http_request_duration_seconds',
    help: 'Time from a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  });
  const commands = new Counter({
    name: 'caseledger_commands_total',
    help: 'Commands by workflow and outcome: accepted, repeated, or the code of the refusal',
    labelNames: ['workflow', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'caseledger_command_duration_seconds',
    help: 'Time from a command to its receipt or refusal',
    labelNames: ['workflow'],
    buckets: SECONDS,
    registers,
  });
  new Gauge({
    name: 'caseledger_commands_pending',
    help: 'Commands under way',
    registers,
    async collect() {
      this.set(await sources.pending());
    },
  });
  new Gauge({
    name: 'caseledger_projection_lag_events',
    help: 'Events a read model is behind the ledger',
    labelNames: ['projection'],
    registers,
    async collect() {
      for (const { name, lag } of await sources.lag()) this.set({ projection: name }, lag);
    },
  });
  new Gauge({
    name: 'caseledger_reaction_lag_events',
    help: 'Events a reaction is behind the ledger',
    labelNames: ['reaction'],
    registers,
    async collect() {
      for (const { name, lag } of await sources.reactions()) this.set({ reaction: name }, lag);
    },
  });
  new Gauge({
    name: 'caseledger_reaction_commands_waiting',
    help: 'Commands of a reaction that met a fault, by status: retrying, parked, or behind a parked one',
    labelNames: ['reaction', 'status'],
    registers,
    async collect() {
      for (const { name, ...counts } of await sources.reactions())
        for (const status of ['retrying', 'parked', 'behind'] as const)
          this.set({ reaction: name, status }, counts[status]);
    },
  });
  new Gauge({
    name: 'caseledger_reaction_commands_refused',
    help: 'Commands of a reaction that their targets refused, as recorded in the ledger',
    labelNames: ['reaction'],
    registers,
    async collect() {
      for (const [reaction, refused] of Object.entries(await sources.refusedReactions()))
        this.set({ reaction }, refused);
    },
  });
  new Gauge({
    name: 'caseledger_feed_clients',
    help: 'Clients listening to a feed',
    registers,
    collect() {
      this.set(sources.feedClients());
    },
  });
  alarmMetrics(registers, sources.alarm);
  if (sources.outbox) webhookMetrics(registers, sources.outbox);
  return {
    registry,
    request: (method, route, status, ms) => requests.observe({ method, route, status }, ms / 1_000),
    command(workflow, outcome, ms) {
      commands.inc({ workflow, outcome });
      durations.observe({ workflow }, ms / 1_000);
    },
  };
}

/** Not there where no alarm clock runs. */
function alarmMetrics(registers: Registry[], alarm: MetricSources['alarm']): void {
  new Gauge({
    name: 'caseledger_alarm_last_tick_timestamp_seconds',
    help: 'When the alarm clock last looked for rungs to raise',
    registers,
    async collect() {
      const status = await alarm();
      if (status?.lastTickAt !== undefined) this.set(Date.parse(status.lastTickAt) / 1_000);
      else this.remove();
    },
  });
  new Gauge({
    name: 'caseledger_alarm_lag_seconds',
    help: 'Age of the oldest rung the alarm clock has not come to',
    registers,
    async collect() {
      const status = await alarm();
      if (status !== undefined) this.set(status.lagMs / 1_000);
      else this.remove();
    },
  });
  for (const [name, help, count] of [
    ['caseledger_alarm_rungs_total', 'Rungs the alarm clock has recorded', (status: AlarmStatus) => status.raised],
    [
      'caseledger_alarm_failures_total',
      'Cases the alarm clock could not read or append to',
      (status: AlarmStatus) => status.failed,
    ],
  ] as const) {
    new Counter({
      name,
      help,
      registers,
      async collect() {
        const status = await alarm();
        this.reset();
        if (status !== undefined) this.inc(count(status));
        else this.remove();
      },
    });
  }
}

function webhookMetrics(registers: Registry[], outbox: Pick<Outbox, 'standings' | 'attempts'>): void {
  const gauges: readonly [string, string, (standing: Standing) => number][] = [
    ['messages_pending', 'Messages neither delivered nor skipped', ({ pending }) => pending],
    ['dead_letters', 'Messages given up, which hold back their cases', ({ dead }) => dead],
    [
      'oldest_seconds',
      'Age of the oldest message that is pending, 0 without any',
      ({ oldestSeconds }) => oldestSeconds,
    ],
  ];
  for (const [name, help, figure] of gauges) {
    new Gauge({
      name: `caseledger_webhook_${name}`,
      help,
      labelNames: ['subscription'],
      registers,
      async collect() {
        const standings = await outbox.standings();
        this.reset();
        for (const standing of standings) this.set({ subscription: standing.subscription }, figure(standing));
      },
    });
  }
  new Counter({
    name: 'caseledger_webhook_attempts_total',
    help: 'Attempts at delivery by outcome: accepted, failed, gone or aborted',
    labelNames: ['subscription', 'outcome'],
    registers,
    collect() {
      this.reset();
      for (const { subscription, outcome, count } of outbox.attempts()) this.inc({ subscription, outcome }, count);
    },
  });
}
