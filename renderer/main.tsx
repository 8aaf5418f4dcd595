import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './ui/base.css';
import { createLive } from './api/live-store.ts';
import { createQueryClient } from './api/query-client.ts';
import { watchPageFaults } from './api/watch-page-faults.ts';
import { App } from './app/app.tsx';
import { startI18n } from './i18n/i18n.ts';
import { rememberedLanguage } from './i18n/language.ts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html lacks #root.');

const faults = watchPageFaults();
const live = createLive();
const queryClient = createQueryClient();
await startI18n(rememberedLanguage());

createRoot(root, { onCaughtError: faults.onCaughtError }).render(
  <StrictMode>
    <App live={live} queryClient={queryClient} />
  </StrictMode>,
);
