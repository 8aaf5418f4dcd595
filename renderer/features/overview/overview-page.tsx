import { ActivityCard } from './activity-card.tsx';
import { ConnectCard } from './connect-card.tsx';
import { FailedStart } from './failed-start.tsx';
import { Figures } from './figures.tsx';
import { NeedsAttention } from './needs-attention.tsx';
import { ProcessCard } from './process-card.tsx';
import { RunningNow } from './running-now.tsx';
import { ServerHead } from './server-head.tsx';
import { SetupNotice } from './setup-notice.tsx';
import { StageTimeline } from './stage-timeline.tsx';
import { useOverview, useUsage } from './use-usage.ts';

export default function OverviewPage() {
  const usage = useUsage();
  const overview = useOverview();
  return (
    <>
      <ServerHead />
      <SetupNotice />
      <div className="grid gap-3.5">
        <StageTimeline />
        <FailedStart />
        <Figures usage={usage} overview={overview} />
        <div className="grid items-start gap-3.5 wide:grid-cols-[1.7fr_1fr]">
          <div className="grid min-w-0 gap-3.5">
            <RunningNow />
            <ActivityCard usage={overview?.usage} />
          </div>
          <div className="grid min-w-0 gap-3.5">
            <NeedsAttention />
            <ConnectCard />
            <ProcessCard process={usage?.process} />
          </div>
        </div>
      </div>
    </>
  );
}
