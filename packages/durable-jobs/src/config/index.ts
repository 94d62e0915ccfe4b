/** Configuration by environment variables. */
export {
  type ApiConfig,
  ConfigError,
  type Environment,
  loadApiConfig,
  loadDatabaseConfig,
  loadSchedulesConfig,
  loadWorkerConfig,
  type SchedulesConfig,
  type WorkerConfig,
} from './config.ts';
export { ageMs, emailList, headerText, httpUrl, perSecond, timeoutMs } from './variables.ts';
