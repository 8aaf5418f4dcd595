import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { Segmented } from '../../ui/segmented.tsx';

export type HealthTab = 'now' | 'doctor' | 'bundle';

const paths: Record<HealthTab, string> = { now: '/health', doctor: '/health/doctor', bundle: '/health/bundle' };

export function useHealthTab(): HealthTab {
  const [location] = useLocation();
  if (location.startsWith(paths.doctor)) return 'doctor';
  return location.startsWith(paths.bundle) ? 'bundle' : 'now';
}

export function HealthTabs({ tab }: { tab: HealthTab }) {
  const { t } = useTranslation();
  const [, go] = useLocation();
  return (
    <div className="mb-3.5 flex">
      <Segmented<HealthTab>
        label={t('doctor.tabs.label')}
        value={tab}
        onChange={(next) => go(paths[next])}
        segments={(['now', 'doctor', 'bundle'] as const).map((value) => ({ value, label: t(`doctor.tabs.${value}`) }))}
      />
    </div>
  );
}
