/** Configuration through environment variables. */
export {
  type ApiConfig,
  type ClientConfig,
  ConfigError,
  type Environment,
  loadApiAddress,
  loadApiConfig,
  loadClientConfig,
  loadDatabaseConfig,
  loadSchedulesConfig,
  loadWorkerConfig,
  LOCAL_API_KEY,
  readTogether,
  type SchedulesConfig,
  type WorkerConfig,
} from './config.ts';
export { refuseOtherHosts } from './loopback.ts';
export { ageMs, emailList, headerText, httpUrl, perSecond, timeoutMs, urlOf } from './variables.ts';
