import { renderReportHtml } from '../../domain/report/report-html.ts';
import type { RunReport } from '../../domain/report/run-report.ts';
import { summarizeReport } from '../../domain/report/summarize-report.ts';
import { withHeartbeats } from '../heartbeats.ts';
import { readBestOfNReport } from './reports/best-of-n-report.ts';
import { readBoltReport } from './reports/bolt-report.ts';
import { readMagpieReport } from './reports/magpie-report.ts';
import { readOnlineDpoReport } from './reports/online-dpo-report.ts';
import { readRefineReport } from './reports/refine-report.ts';
import { readWildbenchReport } from './reports/wildbench-report.ts';
import { readSkillmixReport } from './reports/skillmix-report.ts';
import { readReportFrame, type WriteReportInput } from './reports/report-frame.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';

/** Writes the report of a run from what the store holds: one HTML page for people, one JSON file for programs. */
export function createReportActivities(provider: RunServicesProvider) {
  return {
    async writeReport(
      input: WriteReportInput,
    ): Promise<{ readonly reportHtml: string; readonly reportJson: string; readonly summary: readonly string[] }> {
      const services = await provider.of(input.run);
      const report = await withHeartbeats(() => readReport(services, input));
      const folder = `${input.run.runName}/report`;
      return {
        reportHtml: await services.store.writeFile(`${folder}/index.html`, renderReportHtml(report)),
        reportJson: await services.store.writeFile(`${folder}/report.json`, `${JSON.stringify(report, null, 2)}\n`),
        summary: summarizeReport(report),
      };
    },
  };
}

async function readReport(services: RunServices, input: WriteReportInput): Promise<RunReport> {
  const frame = await readReportFrame(services, input);
  switch (services.config.loop) {
    case 'online-dpo':
      return readOnlineDpoReport(services, frame);
    case 'bolt':
      return readBoltReport(services, services.config, frame);
    case 'refine':
      return readRefineReport(services, services.config, frame);
    case 'best-of-n':
      return readBestOfNReport(services, services.config, frame);
    case 'skillmix':
      return readSkillmixReport(services, services.config, frame);
    case 'wildbench':
      return readWildbenchReport(services, services.config, frame);
    case 'magpie':
      return readMagpieReport(services, services.config, frame);
  }
}
