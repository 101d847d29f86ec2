import type { ArtifactStore } from '../../clients/artifact-store.ts';
import type { ArtifactRef, Manifest } from '../../domain/artifact.ts';
import { ArtifactError } from '../../domain/errors.ts';

/** The part of a manifest that points to it. */
export function refOf({ name, contentHash, rows }: Manifest): ArtifactRef {
  return { name, contentHash, rows };
}

/** The manifest of an artifact, without its rows. @throws ArtifactError `artifact/missing` */
export async function requireArtifact(store: ArtifactStore, name: string): Promise<Manifest> {
  const manifest = await store.find(name);
  if (manifest === undefined) throw new ArtifactError('artifact/missing', `The store has no whole artifact "${name}".`);
  return manifest;
}

/** Reads an artifact by name. @throws ArtifactError `artifact/missing`, `artifact/corrupt` */
export async function readArtifact<Row extends object>(
  store: ArtifactStore,
  name: string,
): Promise<{ readonly ref: ArtifactRef; readonly manifest: Manifest; readonly rows: readonly Row[] }> {
  const manifest = await requireArtifact(store, name);
  const ref = refOf(manifest);
  return { ref, manifest, rows: await store.read<Row>(ref) };
}
