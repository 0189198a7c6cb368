/** One row of the report: a figure, the raw limit beside it from the same run, and what is aimed at. */
export type Measurement = {
  readonly name: string;
  /** Ours, in `unit`. */
  readonly value: number;
  readonly unit: string;
  /** What it is measured against, in the same unit. */
  readonly against?: { readonly name: string; readonly value: number };
  /** Ours over the other, median of the rounds' ratios. */
  readonly ratio?: number;
  readonly aim?: Aim;
  readonly reached?: boolean;
  readonly notes?: Readonly<Record<string, number | string>>;
};

/** `atLeast` and `atMost` bound the ratio where there is one, else the value. */
export type Aim = { readonly atLeast?: number; readonly atMost?: number };

export function measurement(row: Omit<Measurement, 'reached'>): Measurement {
  if (!row.aim) return row;
  const figure = row.ratio ?? row.value;
  const { atLeast = -Infinity, atMost = Infinity } = row.aim;
  return { ...row, reached: figure >= atLeast && figure <= atMost };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Runs two things in turn, so that a machine that slows down slows both, and gives the median of each and of their ratio. */
export async function inTurns(
  rounds: number,
  ours: (round: number) => Promise<number>,
  other: (round: number) => Promise<number>,
): Promise<{ readonly ours: number; readonly other: number; readonly ratio: number }> {
  const figures: { readonly ours: number; readonly other: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const first = round % 2 === 0 ? await ours(round) : undefined;
    const second = await other(round);
    figures.push({ ours: first ?? (await ours(round)), other: second });
  }
  return {
    ours: median(figures.map((one) => one.ours)),
    other: median(figures.map((one) => one.other)),
    ratio: median(figures.map((one) => one.ours / one.other)),
  };
}

/** Work done per second. */
export async function rate(count: number, work: () => Promise<void> | void): Promise<number> {
  const start = performance.now();
  await work();
  return (count * 1_000) / (performance.now() - start);
}
