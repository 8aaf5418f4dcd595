import { parseArgs } from 'node:util';

/** What the command line said; each wins over environment and file. */
export interface CommandLine {
  dataDir?: string;
  configPath?: string;
  host?: string;
  port?: number;
}

/** Options of a program that was started by Electron or a script; what it does not know is left alone. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...argv],
    strict: false,
    allowPositionals: true,
    options: {
      'data-dir': { type: 'string' },
      config: { type: 'string' },
      host: { type: 'string' },
      port: { type: 'string' },
    },
  });
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  const [dataDir, configPath, host, port] = [
    text(values['data-dir']),
    text(values.config),
    text(values.host),
    text(values.port),
  ];
  return {
    ...(dataDir !== undefined && { dataDir }),
    ...(configPath !== undefined && { configPath }),
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port: Number(port) }),
  };
}
