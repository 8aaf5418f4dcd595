import { join } from 'node:path';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type EnvironmentOptions, type Plugin } from 'vite';
import { followPackages } from './scripts/licences/bundled-packages.ts';
import { writeNotices } from './scripts/licences/write-notices.ts';
import { toAscii } from './scripts/to-ascii.ts';

const at = (path: string) => join(import.meta.dirname, path);
/** Where `npm run dev` serves the console; the page is served here and asks there. */
const consoleAddress = 'http://127.0.0.1:3100';

/**
 * What dockerode needs for ways that are not gone: to engines over ssh, for which ssh itself is used, and to BuildKit. More
 * than a megabyte that would be read at each start.
 */
const unused = /^(ssh2|@grpc\/grpc-js|@grpc\/proto-loader|protobufjs)$/;
const leaveOutUnused: Plugin = {
  name: 'leave-out-unused',
  enforce: 'pre',
  applyToEnvironment: ({ name }) => name === 'main',
  resolveId: (id) => (unused.test(id) ? '\0unused' : undefined),
  load: (id) => (id === '\0unused' ? 'export {};' : undefined),
};

/** One character beyond Latin-1 makes V8 keep a whole file at two bytes per character, as long as the program runs. */
const asciiOnly: Plugin = {
  name: 'ascii-only',
  applyToEnvironment: ({ name }) => name === 'main',
  // At the very end: whatever prints code anew writes the characters again.
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) if (chunk.type === 'chunk') chunk.code = toAscii(chunk.code);
  },
};

const followed = followPackages();

/** A Node-side target: everything is bundled except Electron, Node's own modules and the native keyring. */
function node(outDir: string, input: Record<string, string>, format: 'es' | 'cjs'): EnvironmentOptions {
  const external = ['electron', '@napi-rs/keyring', /^node:/, /\.node$/];
  return {
    consumer: 'server',
    resolve: { noExternal: true, external: ['electron', '@napi-rs/keyring'] },
    // CommonJS dependencies (dockerode) use these; an ES module has neither.
    ...(format === 'es' && { define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' } }),
    build: {
      outDir: at(outDir),
      emptyOutDir: true,
      target: 'node24',
      minify: false,
      sourcemap: true,
      copyPublicDir: false,
      reportCompressedSize: false,
      rolldownOptions: {
        platform: 'node',
        input,
        external,
        output: {
          format,
          entryFileNames: format === 'cjs' ? '[name].cjs' : '[name].js',
          chunkFileNames: '[name]-[hash].js',
        },
      },
    },
  };
}

export default defineConfig({
  root: at('renderer'),
  plugins: [react(), tailwindcss(), leaveOutUnused, asciiOnly, { ...followed.plugin, sharedDuringBuild: true }],
  environments: {
    client: {
      build: {
        outDir: at('dist/renderer'),
        emptyOutDir: true,
        target: 'chrome156',
        // Read by scripts/check-bundle-size.ts.
        manifest: true,
        modulePreload: { polyfill: false },
        // The content security policy allows no data: addresses.
        assetsInlineLimit: 0,
        // Sizes are checked by scripts/check-bundle-size.ts.
        reportCompressedSize: false,
        chunkSizeWarningLimit: 2000,
      },
    },
    main: node(
      'dist/main',
      {
        electron: at('electron/main.ts'),
        agentrail: at('server/cli/agentrail.ts'),
        // A process of Electron's own kind, started by electron/keychain.ts from beside the bundle.
        'keychain-process': at('server/secrets/keychain-process.ts'),
        // A thread of its own, started by server/documents/document-reader.ts from beside the bundle.
        'documents-worker': at('server/documents/documents-worker.ts'),
        // Another one, started by server/telemetry/log-searcher.ts.
        'log-search-worker': at('server/telemetry/log-search-worker.ts'),
      },
      'es',
    ),
    preload: node('dist/preload', { preload: at('electron/preload.ts') }, 'cjs'),
  },
  builder: {
    async buildApp(builder) {
      for (const environment of Object.values(builder.environments)) await builder.build(environment);
      writeNotices(at('dist'), followed.packages());
    },
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    strictPort: true,
    proxy: { '/console': { target: consoleAddress, changeOrigin: true, headers: { origin: consoleAddress } } },
  },
});
