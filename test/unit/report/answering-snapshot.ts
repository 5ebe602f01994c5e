import type { ServerInfo, TimescaledbSnapshot } from '../../../lib/timescaledb/server-info.ts';

/** Creates a snapshot that returns these answers in order, and records the statements. */
export function answering(
  server: ServerInfo,
  ...answers: readonly (Error | object)[]
): TimescaledbSnapshot & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    server,
    asked,
    async row(sql, read) {
      const answer = answers[asked.length];
      asked.push(sql);
      if (answer instanceof Error) throw answer;
      const report = JSON.stringify(answer);
      return read({ bytes: report.length, report, estimated_relations: 0 });
    },
  };
}

export const CATALOG = { reportSource: 'catalog', sizes: 'exact' } as const;
