-- MySQL commits after each of these statements, so that a run may end between two of them: each can be run again.

CREATE TABLE IF NOT EXISTS `Investors` (
    `Id` INTEGER NOT NULL PRIMARY KEY,
    `Name` VARCHAR(30) NOT NULL UNIQUE,
    `City` VARCHAR(255) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;

CREATE TABLE IF NOT EXISTS `Portfolios` (
    `Id` INTEGER NOT NULL PRIMARY KEY,
    `Name` VARCHAR(30) NOT NULL UNIQUE,
    `Cumulative` BOOLEAN NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;

CREATE TABLE IF NOT EXISTS `Investors_Portfolios` (
    `iid` INTEGER NOT NULL,
    `pid` INTEGER NOT NULL,
    PRIMARY KEY (`iid`, `pid`),
    FOREIGN KEY (`iid`) REFERENCES `Investors` (`Id`),
    FOREIGN KEY (`pid`) REFERENCES `Portfolios` (`Id`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;

-- Two underscores: no portfolio's table can be called so. Topics and groups differ by case: compared by their bytes.
CREATE TABLE IF NOT EXISTS `Kafka_Next_Offsets` (
    `Consumer_Group` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `Topic` VARCHAR(249) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    `Kafka_Partition` INTEGER NOT NULL,
    `Next_Offset` BIGINT NULL,
    PRIMARY KEY (`Consumer_Group`, `Topic`, `Kafka_Partition`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
