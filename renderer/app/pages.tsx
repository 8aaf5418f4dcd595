import {
  IconBooks,
  IconBox,
  IconDatabase,
  IconHeartbeat,
  IconHistory,
  IconKey,
  IconLayoutDashboard,
  IconListCheck,
  IconListDetails,
  IconMessage2,
  IconRocket,
  IconSettings,
  IconUserHeart,
  IconWand,
  type TablerIcon,
} from '@tabler/icons-react';
import { type ComponentType, type LazyExoticComponent, lazy } from 'react';

export type PageId =
  | 'overview'
  | 'playground'
  | 'sessions'
  | 'sandboxes'
  | 'logs'
  | 'knowledge'
  | 'skills'
  | 'memory'
  | 'health'
  | 'secrets'
  | 'data'
  | 'readiness'
  | 'deploy'
  | 'settings'
  | 'first-run';
/** `hidden`: found in the palette, not in the navigation. */
export type PageGroup = 'main' | 'agents' | 'operate' | 'foot' | 'hidden';

export interface Page {
  id: PageId;
  path: string;
  group: PageGroup;
  icon: TablerIcon;
  component: LazyExoticComponent<ComponentType>;
}

/** Every page there is, in the order of the navigation; each is fetched when it is first opened. */
export const pages: readonly Page[] = [
  {
    id: 'overview',
    path: '/',
    group: 'main',
    icon: IconLayoutDashboard,
    component: lazy(() => import('../features/overview/overview-page.tsx')),
  },
  {
    id: 'playground',
    path: '/playground',
    group: 'main',
    icon: IconMessage2,
    component: lazy(() => import('../features/playground/playground-page.tsx')),
  },
  {
    id: 'sessions',
    path: '/sessions',
    group: 'main',
    icon: IconHistory,
    component: lazy(() => import('../features/sessions/sessions-page.tsx')),
  },
  {
    id: 'sandboxes',
    path: '/sandboxes',
    group: 'main',
    icon: IconBox,
    component: lazy(() => import('../features/sandboxes/sandboxes-page.tsx')),
  },
  {
    id: 'logs',
    path: '/logs',
    group: 'main',
    icon: IconListDetails,
    component: lazy(() => import('../features/logs/logs-page.tsx')),
  },
  {
    id: 'knowledge',
    path: '/knowledge',
    group: 'agents',
    icon: IconBooks,
    component: lazy(() => import('../features/knowledge/knowledge-page.tsx')),
  },
  {
    id: 'skills',
    path: '/skills',
    group: 'agents',
    icon: IconWand,
    component: lazy(() => import('../features/skills/skills-page.tsx')),
  },
  {
    id: 'memory',
    path: '/memory',
    group: 'agents',
    icon: IconUserHeart,
    component: lazy(() => import('../features/memory/memory-page.tsx')),
  },
  {
    id: 'health',
    path: '/health',
    group: 'operate',
    icon: IconHeartbeat,
    component: lazy(() => import('../features/health/health-page.tsx')),
  },
  {
    id: 'secrets',
    path: '/secrets',
    group: 'operate',
    icon: IconKey,
    component: lazy(() => import('../features/secrets/secrets-page.tsx')),
  },
  {
    id: 'data',
    path: '/data',
    group: 'operate',
    icon: IconDatabase,
    component: lazy(() => import('../features/data/data-page.tsx')),
  },
  {
    id: 'readiness',
    path: '/readiness',
    group: 'operate',
    icon: IconListCheck,
    component: lazy(() => import('../features/readiness/readiness-page.tsx')),
  },
  {
    id: 'deploy',
    path: '/deploy',
    group: 'operate',
    icon: IconRocket,
    component: lazy(() => import('../features/deploy/deploy-page.tsx')),
  },
  {
    id: 'settings',
    path: '/settings',
    group: 'foot',
    icon: IconSettings,
    component: lazy(() => import('../features/settings/settings-page.tsx')),
  },
  {
    id: 'first-run',
    path: '/first-run',
    group: 'hidden',
    icon: IconRocket,
    component: lazy(() => import('../features/first-run/first-run-page.tsx')),
  },
];

export function pageAt(location: string): Page | undefined {
  return pages.find(({ path }) => location === path || (path !== '/' && location.startsWith(`${path}/`)));
}
