// Locks that a report names a bounded number of artifacts, whatever the length of the run, and hides none of the others.
import { describe, expect, it } from 'vitest';
import { createLineage } from '../../domain/report/lineage.ts';
import { artifactTable } from '../../domain/report/run-tables.ts';
import { spreadEvenly, spreadPlaces } from '../../domain/report/spread-evenly.ts';
import { compactMarkup as compact } from '../support/compact-markup.ts';

const shard = (folder: string, index: number) => ({
  name: `${folder}/shard-${String(index).padStart(3, '0')}`,
  step: 'draw',
  contentHash: 'a'.repeat(64),
  rows: 10,
});

function lineageOf(folders: Readonly<Record<string, number>>) {
  const lineage = createLineage();
  for (const [folder, count] of Object.entries(folders)) {
    for (let index = 0; index < count; index += 1) lineage.add(shard(folder, index));
  }
  return lineage.result();
}

describe('the lineage of a report', () => {
  it('names the first artifacts of each folder and counts the others with their rows', () => {
    const { artifacts, moreArtifacts } = lineageOf({ 'run/kept': 1000, 'run/queries': 20, 'run/data': 1 });
    expect(artifacts).toHaveLength(20 + 20 + 1);
    expect(artifacts.at(19)?.name).toBe('run/kept/shard-019');
    expect(moreArtifacts).toEqual([{ folder: 'run/kept', artifacts: 980, rows: 9800 }]);
  });

  it('says below the artifacts of a folder how many more it has, with its name escaped', () => {
    const page = compact(artifactTable(lineageOf({ 'run/<kept>': 1022, 'run/queries': 2 })).text);
    const more = page.indexOf('and 1,002 more in <code>run/&lt;kept&gt;</code>');
    expect(more).toBeGreaterThan(page.indexOf('run/&lt;kept&gt;/shard-019'));
    expect(more).toBeLessThan(page.indexOf('run/queries/shard-000'));
    expect(page.split('more in')).toHaveLength(2);
    expect(page).toContain('10,020');
  });
});

describe('samples that are spread evenly', () => {
  it('lie at the same places whether the list is in memory or not', () => {
    for (const total of [0, 1, 9, 10, 11, 25, 1001]) {
      const list = Array.from({ length: total }, (_, index) => index);
      expect(spreadPlaces(total, 10)).toEqual(spreadEvenly(list, 10));
    }
    expect(spreadPlaces(25, 10)).toEqual([0, 2, 5, 7, 10, 12, 15, 17, 20, 22]);
  });
});
