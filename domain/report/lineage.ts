import type { MoreArtifacts, ReportArtifact } from './report-base.ts';

/** Artifacts of a folder that a report names; a long run has as many as it has batches. */
const NAMED_PER_FOLDER = 20;

/** The artifacts of a run as its report tells them. */
export interface Lineage {
  readonly artifacts: readonly ReportArtifact[];
  readonly moreArtifacts: readonly MoreArtifacts[];
}

/** Takes the artifacts of a run in order: it holds the first of each folder, and of the others how many there are. */
export function createLineage(): { add(artifact: ReportArtifact): void; result(): Lineage } {
  const artifacts: ReportArtifact[] = [];
  const named = new Map<string, number>();
  const more = new Map<string, MoreArtifacts>();
  return {
    add(artifact) {
      const folder = folderOf(artifact.name);
      const count = named.get(folder) ?? 0;
      if (count < NAMED_PER_FOLDER) {
        artifacts.push(artifact);
        named.set(folder, count + 1);
        return;
      }
      const known = more.get(folder) ?? { folder, artifacts: 0, rows: 0 };
      more.set(folder, { folder, artifacts: known.artifacts + 1, rows: known.rows + artifact.rows });
    },
    result: () => ({ artifacts, moreArtifacts: [...more.values()] }),
  };
}

/** The folder of an artifact: that of a stage holds its shards. */
export function folderOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')));
}
