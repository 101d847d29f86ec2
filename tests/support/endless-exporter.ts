import { writeExport } from '../../clients/export-folder.ts';

// Replaces an export by the next one until it is killed; prints the number of each that is in place.
const [folder = ''] = process.argv.slice(2);
const FILES = 12;
const BYTES = 20_000;

for (let version = 0; ; version += 1) {
  const content = `${version}\n`.padEnd(BYTES, '.');
  const files = Array.from({ length: FILES }, (_, index) => ({ name: `data/part-${index}.txt`, content }));
  await writeExport(folder, files, { replace: true });
  process.stdout.write(`${version}\n`);
}
