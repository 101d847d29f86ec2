import { writeExport } from '../../clients/export-folder.ts';
import { planFiles } from '../../domain/dataset-export/export-plan.ts';

// Replaces an export by the next one until it is killed; prints the number of each that is in place.
const [folder = ''] = process.argv.slice(2);
const FILES = 12;
const BYTES = 20_000;

for (let version = 0; ; version += 1) {
  const content = `${version}\n`.padEnd(BYTES, '.');
  const files = planFiles(FILES, 1).map((name) => ({ name: `data/${name}`, content }));
  await writeExport(folder, [...files, { name: 'lineage.json', content: '[]\n' }], { replace: true });
  process.stdout.write(`${version}\n`);
}
