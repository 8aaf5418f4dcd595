import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { config as configureSchemas } from 'zod/v4/core';
import './ui/base.css';
import { createLive } from './api/live-store.ts';
import { createQueryClient } from './api/query-client.ts';
import { watchPageFaults } from './api/watch-page-faults.ts';
import { App } from './app/app.tsx';
import { startI18n } from './i18n/i18n.ts';
import { rememberedLanguage } from './i18n/language.ts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html lacks #root.');

// Schemas try whether they may compile code, which the page's policy refuses and tells as a fault.
configureSchemas({ jitless: true });
const faults = watchPageFaults();
const live = createLive();
const queryClient = createQueryClient();
await startI18n(rememberedLanguage());

createRoot(root, { onCaughtError: faults.onCaughtError }).render(
  <StrictMode>
    <App live={live} queryClient={queryClient} />
  </StrictMode>,
);
