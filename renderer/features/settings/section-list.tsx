import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { type SettingSection, settingSections } from '../../api/setting-sections.ts';
import { cn } from '../../ui/cn.ts';
import { Select } from '../../ui/select.tsx';

interface Props {
  current: SettingSection | undefined;
  onGo(section: SettingSection): void;
}

/** The way to each section, where there is room for a list at the left. */
export function SectionList({ current }: Pick<Props, 'current'>) {
  const { t } = useTranslation();
  return (
    <nav aria-label={t('settings.sections')} className="sticky top-0 self-start max-wide:hidden">
      <ul className="grid gap-px">
        {settingSections.map((section) => (
          <li key={section}>
            <Link
              href={`/settings?section=${section}`}
              replace
              aria-current={section === current ? 'true' : undefined}
              className={cn(
                'block rounded-[7px] px-2.5 py-1 text-dim hover:bg-hover hover:text-text',
                section === current && 'bg-accent-bg font-medium text-accent hover:bg-accent-bg hover:text-accent',
              )}
            >
              {t(`settings.sectionNames.${section}`)}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** The same where there is none. */
export function SectionChoice({ current, onGo }: Props) {
  const { t } = useTranslation();
  return (
    <div className="w-52 shrink-0 wide:hidden">
      <Select
        label={t('settings.sections')}
        value={current ?? settingSections[0]}
        onChange={(section) => onGo(section as SettingSection)}
        options={settingSections.map((value) => ({ value, label: t(`settings.sectionNames.${value}`) }))}
      />
    </div>
  );
}
