import { useEffect, useState } from 'react';
import { Trans, useTranslation } from 'react-i18next';
import { useSearchParams } from 'wouter';
import { toApiError } from '../../api/api-error.ts';
import { settingSections } from '../../api/setting-sections.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Card } from '../../ui/card.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { FilterInput } from '../../ui/field.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { ShortcutList } from '../../ui/shortcut-list.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { AboutCard } from './about-card.tsx';
import { ConsoleCard } from './console-card.tsx';
import { FileFaults } from './file-faults.tsx';
import { McpCard } from './mcp-card.tsx';
import { PrivacyCard } from './privacy-card.tsx';
import { Section } from './section.tsx';
import { SectionChoice, SectionList } from './section-list.tsx';
import { SettingsForm } from './settings-form.tsx';
import { StartupCard } from './startup-card.tsx';
import { UpdatesCard } from './updates-card.tsx';
import { useDeepLink } from './use-deep-link.ts';
import { useSettingSearch } from './use-setting-search.ts';
import { useSettings } from './use-settings.ts';
import { YamlTab } from './yaml/yaml-tab.tsx';

type View = 'form' | 'yaml';

export default function SettingsPage() {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const { data, error, refetch } = useSettings();
  const [params, setParams] = useSearchParams();
  // A faulty file can only be mended where its text is.
  const isYaml = (params.get('view') ?? (data && data.faults.length > 0 ? 'yaml' : 'form')) === 'yaml';
  const [query, setQuery] = useState('');
  const { matches, isShown, isEmpty } = useSettingSearch(query);
  const section = settingSections.find((each) => each === params.get('section'));
  useDeepLink(section, params.get('field') ?? undefined, data !== undefined && !isYaml);
  const [wasYaml, setWasYaml] = useState(isYaml);
  useEffect(() => {
    if (isYaml) setWasYaml(true);
  }, [isYaml]);
  return (
    <>
      <PageHead
        title={t('settings.title')}
        sub={
          data && (
            <span className="flex flex-wrap items-center [overflow-wrap:anywhere]">
              <span>
                <Trans
                  t={t}
                  i18nKey="settings.sub"
                  values={{ path: data.filePath }}
                  components={[<span key="path" className="mono text-text" />]}
                />
              </span>
              <CopyButton text={data.filePath} label={t('settings.copyPath')} />
            </span>
          )
        }
        actions={
          <Segmented<View>
            label={t('yaml.view')}
            value={isYaml ? 'yaml' : 'form'}
            onChange={(view) => setParams({ view }, { replace: true })}
            segments={[
              { value: 'form', label: t('yaml.form') },
              { value: 'yaml', label: t('yaml.file') },
            ]}
          />
        }
      />
      {/* Stays, so that going back and forth forgets nothing that undo knows. */}
      {(isYaml || wasYaml) && (
        <div className={isYaml ? undefined : 'hidden'}>
          <YamlTab />
        </div>
      )}
      <div className={isYaml ? 'hidden' : 'grid gap-3.5 wide:grid-cols-[172px_minmax(0,1fr)] wide:gap-6'}>
        <SectionList current={section} />
        <div className="grid min-w-0 content-start gap-3.5">
          {data && <FileFaults faults={data.faults} notes={data.notes} />}
          <div className="flex gap-2">
            <SectionChoice current={section} onGo={(to) => setParams({ section: to }, { replace: true })} />
            <FilterInput
              label={t('settings.search')}
              value={query}
              onChange={(event) => setQuery(event.target.value)}
              className="w-full min-w-0"
            />
          </div>
          <Section id="console" isHidden={!isShown('console')}>
            <ConsoleCard />
          </Section>
          <Section id="startup" isHidden={!isShown('startup')}>
            <StartupCard />
          </Section>
          <Section id="updates" isHidden={!isShown('updates')}>
            <UpdatesCard />
            <AboutCard />
          </Section>
          {!data && !error && (
            <Card>
              <SkeletonRows rows={6} />
            </Card>
          )}
          {error && !data && (
            <Card>
              <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />
            </Card>
          )}
          {data && <SettingsForm values={data.values} matches={matches} isShown={isShown} />}
          {data && (
            <Section id="mcp" isHidden={!isShown('mcp')}>
              <McpCard />
            </Section>
          )}
          <Section id="shortcuts" isHidden={!isShown('shortcuts')}>
            <Card title={t('shell.shortcuts.title')}>
              <div className="px-3.5">
                <ShortcutList />
              </div>
            </Card>
          </Section>
          <Section id="privacy" isHidden={!isShown('privacy')}>
            <PrivacyCard />
          </Section>
          {isEmpty && <EmptyState>{t('settings.nothingFound', { query })}</EmptyState>}
        </div>
      </div>
    </>
  );
}
