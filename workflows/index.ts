export { processOrder } from './processOrder.ts';
export { refreshStatistics } from './refreshStatistics.ts';
export { returnPayment } from './returnPayment.ts';
export { runDailyReport } from './runDailyReport.ts';
export { sendPasswordReset } from './sendPasswordReset.ts';
export { sendWelcomeEmail } from './sendWelcomeEmail.ts';
