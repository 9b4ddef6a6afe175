DROP TABLE IF EXISTS `Kafka_Next_Offsets`;
DROP TABLE IF EXISTS `Investors_Portfolios`;
DROP TABLE IF EXISTS `Portfolios`;
DROP TABLE IF EXISTS `Investors`;
