import { randomUUID } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { ArtifactError } from '../../domain/errors.ts';
import { makeFolder, syncFolder } from '../local-store/durable-files.ts';
import { asArtifactError } from '../local-store/file-errors.ts';
import { SEGMENT_ENDING } from './read-segments.ts';

export interface SegmentWriterOptions {
  readonly folder: string;
  /** The longest a line waits for others to be written with it. */
  readonly flushIntervalMs: number;
  /** So many waiting lines are written at once. */
  readonly flushEntries: number;
}

interface WaitingLine {
  readonly line: string;
  readonly durable: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  let offset = 0;
  while (offset < bytes.length) offset += (await handle.write(bytes, offset)).bytesWritten;
}

/** Appends lines to a file of its own, in groups; a file that may have a torn end is never appended to again. */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  #waiting: WaitingLine[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #segment: FileHandle | undefined;
  #lastTimeMs = 0;
  #closed = false;

  constructor(options: SegmentWriterOptions) {
    this.#options = options;
  }

  /** Resolves when the line is written and, if `durable`, on disk. */
  append(line: string, durable: boolean): Promise<void> {
    if (this.#closed) {
      const message = `The ledger in ${this.#options.folder} is closed: open it again to write to it.`;
      return Promise.reject(new ArtifactError('artifact/unwritable', message));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line, durable, resolve, reject });
      // While a group is being written, the next one gathers; it goes out when that write is done.
      if (this.#writing !== undefined) return;
      if (this.#waiting.length >= this.#options.flushEntries) this.#flush();
      else this.#timer ??= setTimeout(() => this.#flush(), this.#options.flushIntervalMs);
    });
  }

  /** Writes what waits, then closes the file. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#writing === undefined) this.#flush();
    while (this.#writing !== undefined) await this.#writing;
    await this.#dropSegment();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const group = this.#waiting;
    if (group.length === 0) return;
    this.#waiting = [];
    this.#writing = this.#writeGroup(group).finally(() => {
      this.#writing = undefined;
      this.#flush();
    });
  }

  async #writeGroup(group: readonly WaitingLine[]): Promise<void> {
    try {
      this.#segment ??= await this.#openSegment();
      await writeAll(this.#segment, Buffer.from(group.map((waiting) => waiting.line).join('')));
      for (const waiting of group) if (!waiting.durable) waiting.resolve();
      if (!group.some((waiting) => waiting.durable)) return;
      await this.#segment.datasync();
      for (const waiting of group) if (waiting.durable) waiting.resolve();
    } catch (error) {
      await this.#dropSegment();
      const reason = asArtifactError(error, this.#options.folder);
      // Those that have been resolved already don't hear this.
      for (const waiting of group) waiting.reject(reason);
    }
  }

  async #openSegment(): Promise<FileHandle> {
    const { folder } = this.#options;
    await makeFolder(folder);
    // The first stored answer wins by the order of names, so a later segment of this writer must sort later.
    this.#lastTimeMs = Math.max(Date.now(), this.#lastTimeMs + 1);
    const time = new Date(this.#lastTimeMs).toISOString().replaceAll(/[:.]/g, '-');
    const handle = await open(join(folder, `${time}-${process.pid}-${randomUUID()}${SEGMENT_ENDING}`), 'ax');
    this.#segment = handle;
    await syncFolder(folder);
    return handle;
  }

  async #dropSegment(): Promise<void> {
    const segment = this.#segment;
    this.#segment = undefined;
    // What was promised is on disk by now, so a failing close takes nothing away.
    await segment?.close().catch(() => undefined);
  }
}
