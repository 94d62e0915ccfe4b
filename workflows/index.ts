export { processBulk } from './processBulk.ts';
export { processOrder } from './processOrder.ts';
export { refreshStatistics } from './refreshStatistics.ts';
export { returnPayment } from './returnPayment.ts';
export { runDailyReport } from './runDailyReport.ts';
export { sendPasswordReset } from './sendPasswordReset.ts';
export { startBulkJob } from './startBulkJob.ts';
export { sendWelcomeEmail } from './sendWelcomeEmail.ts';
