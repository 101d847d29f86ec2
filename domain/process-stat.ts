/** What `/proc/<pid>/stat` says of a process (proc_pid_stat(5)). */
interface ProcessStat {
  /** True when nothing of it is left but its entry in the table: its files and ports are closed. */
  readonly hasEnded: boolean;
  readonly groupId: number;
  /** Field 22, clock ticks from boot to start: with the boot, it tells a process from a later one with the same id. */
  readonly startTime: string;
}

/** Reads a line of `/proc/<pid>/stat`; undefined when it is none. */
export function parseProcessStat(line: string): ProcessStat | undefined {
  // The command's name is in parentheses and may hold spaces and parentheses: fields count from the last one, where the third begins.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [state, , groupId] = fields;
  const threads = fields[17];
  const startTime = fields[19];
  if (groupId === undefined || threads === undefined || startTime === undefined) return undefined;
  // A killed process is a zombie as soon as its first thread is; its files and ports stay open until the last thread is gone.
  const hasEnded = (state === 'Z' || state === 'X') && Number(threads) <= 1;
  return { hasEnded, groupId: Number(groupId), startTime };
}
